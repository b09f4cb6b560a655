"""Comparison of annotations as ANSI/AAMI EC57:2012 has it: beat by beat, run by run, episode by episode.

``compare`` (:mod:`ecg.ec57.comparison`) takes the marks of a reference and of a test annotator and counts;
:mod:`ecg.ec57.aggregates` sums records up (gross) and averages them; :mod:`ecg.ec57.tables` lays the numbers out as
the standard's tables do.

The standard leaves cases open that real annotations have. There the rules are those that the numbers printed by its
reference implementation show (``bxb``, ``rxr``, ``epicmp`` and ``sumstats`` of the WFDB applications 10.7), written
down in the docstrings of the functions that follow them. What neither the standard nor these numbers decide is said to
be a choice.
"""
