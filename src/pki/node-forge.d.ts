// The one part of node-forge that is used: a seventh of the whole.
declare module 'node-forge/lib/asn1.js' {
  import forge from 'node-forge'
  export default forge.asn1
}
