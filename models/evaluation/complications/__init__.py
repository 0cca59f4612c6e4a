"""How good a learned risk is: discrimination, calibration, decisions, and against what it competes with."""
