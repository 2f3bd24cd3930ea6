"""Work on many machines with Apache Beam, which is imported only by a tool that was given ``--beam``."""
