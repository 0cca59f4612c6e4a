"""Training of the sepsis warning: reader, features of every hour, tables, rivals, alarms."""
