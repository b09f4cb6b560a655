"""The Beatlens inference server: heartbeat pictures in, classifications out.

Never imports TensorFlow or Django.
"""
