"""Everything in the database in one file, and back: see docs/backup.md for the format.

Rows are read and written as they stand in the database, past the models: what is sealed stays
sealed, and times stay what they were.
"""
