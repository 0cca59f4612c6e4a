"""Hours in minutes: a soak, an overload and thousands of hang-ups against a real worker."""
