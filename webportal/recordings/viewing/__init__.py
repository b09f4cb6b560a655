"""What the viewer in the browser draws, as bytes: windows of the signal, beats of an hour, the overview of all."""
