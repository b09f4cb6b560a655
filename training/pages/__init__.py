"""Pages and strips as people have them, drawn from recordings, with everything that stands on them known.

A page is drawn on paper (:mod:`~training.pages.sheet`) from an excerpt of a recording and a style, and then caught: by
a scanner, a camera or a screenshot (:mod:`~training.pages.capture`). What a seed makes is always the same.
"""
