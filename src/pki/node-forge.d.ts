// Imports only the used part of node-forge, a seventh of the package.
declare module 'node-forge/lib/asn1.js' {
  import forge from 'node-forge'
  export default forge.asn1
}
