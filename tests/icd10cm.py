"""What of ICD-10-CM changed between the table of January 2021 and the release of April 2026.

Source: the tabular lists of both releases, CMS and NCHS (public domain), compared by machine. The chapters of
injuries and external causes are left out of the codes that were divided or deleted.
"""

from __future__ import annotations

_NO_LONGER_BILLABLE = """
B37.3 B88.0 C83.39 C86.0 C86.1 C86.2 C86.3 C86.4 C86.5 C86.6 C88.0 C88.2 C88.3 C88.4 C88.8 C88.9 D13.9 D48.1
D55.2 D59.3 D68.0 D71 D75.82 E20.8 E34.0 E34.3 E66.8 E72.53 E78.01 E79.8 E87.2 E88.1 E88.81 F01.51 F02.81
F03.91 F43.8 F50.01 F50.02 F50.2 F50.81 F78 G20 G35 G37.8 G90.8 G92 G93.3 H01.8 H36 I20.8 I24.8 I31.3 I34.8
I47.1 I47.2 I71.01 I71.1 I71.2 I71.3 I71.4 I71.5 I71.6 J15.6 K22.8 K35.20 K35.21 K60.3 K60.4 K60.5 L29.8
L66.1 L66.8 M31.1 M51.36 M51.37 M54.5 M65.9 N04.2 N06.2 N14.1 N80.0 N80.1 N80.2 N80.3 N80.4 N80.5 O90.4 P09
P28.3 P28.4 Q21.1 Q21.2 Q23.8 Q44.7 Q75.0 Q85.8 Q89.8 Q99.8 R05 R10.2 R35.8 R63.3 R76.8 Z05.8 Z28.3 Z29.8
Z40.8 Z59.0 Z59.1 Z59.4 Z59.7 Z59.8 Z83.71 Z84.1 Z86.010 Z87.76 Z91.011 Z91.012 Z91.11 Z91.14 Z91.15 Z91.19
Z91.5
"""
_NEWER = """
B37.31 C88.00 D59.30 D68.00 D75.829 D75.839 E34.00 E66.811 E66.812 E66.813 E78.019 E87.20 E87.21 E87.22
E87.29 E88.10 E88.810 F03.918 F32.A F50.20 F50.819 G20.A1 G20.C G35.D G92.9 I31.39 I47.10 I47.20 I5A I71.20
I71.40 K60.30 M31.19 M54.50 M65.90 N80.03 Q21.10 Q21.11 Q21.12 R05.9 R10.20 R10.24 R35.89 R45.88 R76.89
U09.9 Z59.00 Z86.0100 Z91.148
"""
# Billable in January 2021, since then divided or deleted: a claim with one of these is refused.
NO_LONGER_BILLABLE = frozenset(_NO_LONGER_BILLABLE.split())
# Billable codes of the newer release that the project uses and the table of January 2021 does not have.
NEWER = frozenset(_NEWER.split())
