//! UI: Yew components and one reducer. Speaks to playground types and `web`, never to a node.
