"""Time to diabetes, atrial fibrillation, heart failure, infarction, stroke and death, from a cohort."""
