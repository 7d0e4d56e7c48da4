//! aiusage.
