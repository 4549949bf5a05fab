"""What two modules do differently, stage by stage."""
