"""How the rates of leaving and moving are estimated: stays, exposure and events, pooling, and what they come to."""
