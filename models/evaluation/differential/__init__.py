"""How good a differential is on patients whose condition is known."""
