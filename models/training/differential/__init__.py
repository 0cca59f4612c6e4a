"""Trains the differential on simulated patients whose condition is known."""
