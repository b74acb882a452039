import { DEFAULT_VERSIONS } from '../../../../src/bundle/versions/sets.ts'

/** Of which there are bundles. */
export const VERSIONS = [DEFAULT_VERSIONS.kubernetes, 'v1.37.2', 'v1.38.1']
