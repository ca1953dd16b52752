"""Roles, features, recipe: from a table to one row per customer, to whole numbers on the grid."""
