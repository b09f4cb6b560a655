"""The processes that decode pictures and run models, and the pool of them that the gRPC front hands its work to."""
