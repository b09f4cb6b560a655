"""What an electrocardiogram is: recordings, pictures and what is measured on them.

The ground floor: NumPy, SciPy, Pillow and file formats; no network, no Django, no Keras, no onnxruntime, and nothing
else of this project.
"""
