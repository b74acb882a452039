import { isIPv6 } from 'node:net'
import type { FirstMasterParams } from '../protocol/instruction.ts'

export const API_PORT = 6443

export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** This node's own API server. */
export function localApi(params: Pick<FirstMasterParams, 'node'>): string {
  return `https://${hostPort(params.node.address, API_PORT)}`
}

/** What everybody else calls the API: HOST:PORT. */
export function controlPlaneEndpoint(params: FirstMasterParams): string {
  return params.cluster.apiEndpoint ?? hostPort(params.node.address, API_PORT)
}
