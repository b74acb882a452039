declare const CANTRIP_BUILD: VersionInfo | undefined

export interface VersionInfo {
  /** Semantic version, as in package.json. */
  readonly version: string
  /** Abbreviated git commit, with `-dirty` when the sources differed from it. */
  readonly commit: string
  /** Date of that commit, ISO 8601 in UTC: the same sources give the same executable. */
  readonly date: string
}

const fromSource: VersionInfo = { version: '0.0.0-source', commit: 'source', date: '' }

/** What this executable was built from; set by scripts/build. */
export const version: VersionInfo = typeof CANTRIP_BUILD === 'undefined' ? fromSource : CANTRIP_BUILD
