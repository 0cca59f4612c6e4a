"""Drug classes that injure kidney tubules, block them with crystals, or accumulate when kidneys fail.

Source: Perazella MA, Clin J Am Soc Nephrol 2018;13:1897-1908. Those that change the flow of blood in the
kidney (NSAIDs, ACE inhibitors, diuretics) are in `fhir_adapters.terminology.drugs`, as others read them, too.
"""

from __future__ import annotations

from fhir_adapters.terminology.drugs import LITHIUM, METFORMIN, TOPICAL, DrugClass

AMINOGLYCOSIDE = DrugClass(
    "aminoglycoside",
    ("J01G",),
    ("gentamicin", "tobramycin", "amikacin", "streptomycin", "plazomicin", "kanamycin"),
    # Eye and ear drops are given with a steroid; little of what is inhaled is absorbed.
    (*TOPICAL, "inhal", "nebul", "dexamethasone"),
)
VANCOMYCIN = DrugClass(
    "vancomycin",
    ("J01XA01",),
    ("vancomycin", "vancocin"),
    # By mouth it stays in the gut (ATC A07AA09).
    ("oral", "capsule", "by mouth"),
)
POLYMYXIN = DrugClass(
    "polymyxin", ("J01XB",), ("colistin", "colistimethate", "polymyxin b"), (*TOPICAL, "inhal", "neomycin")
)
AMPHOTERICIN = DrugClass("amphotericin B", ("J02AA01",), ("amphotericin", "ambisome", "abelcet"))
CRYSTAL_FORMING_ANTIVIRAL = DrugClass(
    "antiviral that may injure tubules",
    ("J05AB01", "J05AB11", "J05AB12", "J05AD01"),
    ("acyclovir", "aciclovir", "valacyclovir", "valaciclovir", "valtrex", "cidofovir", "foscarnet"),
    (*TOPICAL, "buccal"),
)
TENOFOVIR_DISOPROXIL = DrugClass(
    "tenofovir disoproxil",
    ("J05AF07", "J05AR03", "J05AR06", "J05AR08", "J05AR09", "J05AR11", "J05AR12", "J05AR24", "J05AR27"),
    (
        *("tenofovir disoproxil", "viread", "truvada", "atripla", "complera", "stribild"),
        *("symfi", "cimduo", "temixys", "delstrigo"),
    ),
)
NEPHROTOXIC_CYTOTOXIC = DrugClass(
    "cisplatin or ifosfamide", ("L01XA01", "L01AA06"), ("cisplatin", "platinol", "ifosfamide", "ifex")
)
METHOTREXATE = DrugClass(
    "methotrexate", ("L01BA01", "L04AX03"), ("methotrexate", "trexall", "rheumatrex", "otrexup", "rasuvo")
)
CALCINEURIN_INHIBITOR = DrugClass(
    "calcineurin inhibitor",
    ("L04AD",),
    ("tacrolimus", "prograf", "envarsus", "cyclosporine", "cyclosporin", "ciclosporin", "neoral", "gengraf"),
    (*TOPICAL, "restasis", "emulsion"),
)
ZOLEDRONIC_ACID = DrugClass(
    "zoledronic acid", ("M05BA08",), ("zoledronic acid", "zoledronate", "zometa", "reclast")
)

NEPHROTOXIC = (
    AMINOGLYCOSIDE,
    VANCOMYCIN,
    POLYMYXIN,
    AMPHOTERICIN,
    CRYSTAL_FORMING_ANTIVIRAL,
    TENOFOVIR_DISOPROXIL,
    NEPHROTOXIC_CYTOTOXIC,
    METHOTREXATE,
    CALCINEURIN_INHIBITOR,
    ZOLEDRONIC_ACID,
    LITHIUM,
    METFORMIN,
)
