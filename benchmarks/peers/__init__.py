"""What Cuecard is measured against: a floor, and other people's services."""
