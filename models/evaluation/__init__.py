"""How good a model is: measured on data with known answers, told with its uncertainty."""
