"""Documents with pictures: the page of a PDF, and what is drawn on it as lines and letters."""
