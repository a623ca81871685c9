"""The member that is trained and shipped: a sketch by flow matching, details by a GAN."""
