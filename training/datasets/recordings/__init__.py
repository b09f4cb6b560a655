"""Beats of whole recordings as a model learns them: found by the detector, labelled by the database."""
