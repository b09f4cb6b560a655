"""From a recording's samples to what every later step needs: one rate, filtered signals, quality by lead and second.

All of it works on a fixed grid of blocks (:mod:`ecg.signal.grid`), so that the answer doesn't depend on how a recording
was cut into pieces.
"""
