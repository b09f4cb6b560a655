"""Strips, pages, screens and photographs of them: straightened, calibrated by their grid, and traced lead by lead."""
