// Supernets
