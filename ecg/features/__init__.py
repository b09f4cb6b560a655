"""Beats as a stream: each with its windows, its intervals, the person's usual beat and named numbers.

``for beat in beats_of(recording)`` (:mod:`ecg.features.stream`) is all that training and serving need.
"""
