"""Models as people save them with Keras 1, 2 and 3, read without running anything that they hold.

``files`` opens what was saved, ``graph`` reads its configuration, ``layers`` and ``operations`` know what is supported,
``builder`` makes it anew, ``classifier`` says what comes out.
"""
