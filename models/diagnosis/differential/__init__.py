"""A differential: from findings of a note or a chart to ranked conditions, and to what to ask next."""
