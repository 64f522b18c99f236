//! The workspace as an archive: which files (`select`), how they become a tar (`tarball`) and a gzip (`gzip`), and what
//! version the result carries (`identity`).
