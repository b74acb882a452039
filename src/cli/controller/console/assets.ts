import { getAssetKeys, getRawAsset, isSea } from 'node:sea'

const FOLDER = 'console/'

/** The files of the web console in this executable; none if the controller runs from its sources. */
export function consoleAssets(): ReadonlyMap<string, Uint8Array> {
  const keys = isSea() ? getAssetKeys().filter((key) => key.startsWith(FOLDER)) : []
  return new Map(keys.map((key) => [key.slice(FOLDER.length), new Uint8Array(getRawAsset(key))]))
}
