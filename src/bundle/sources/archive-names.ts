/** Names of files that can be archives of images. */
export const ARCHIVE = /\.(tar|tar\.gz|tgz|tar\.zst|tzst|tar\.zstd|oci)$/
