/** Of which there are bundles. */
export const VERSIONS = ['v1.36.3', 'v1.37.2', 'v1.38.1']
