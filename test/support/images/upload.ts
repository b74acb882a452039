import { createHash } from 'node:crypto'
import { request } from 'node:https'
import type { Controller } from '../../../src/controller/start.ts'
import { type Answer, adminOf, type Credentials, call } from '../controller/client.ts'

/** Sends a part of an archive. */
export function sendPart(
  { url, adminFile }: Pick<Controller, 'url' | 'adminFile'>,
  cluster: string,
  { sha256, offset, size, bytes }: { sha256: string; offset: number; size: number; bytes: Uint8Array },
  as: Credentials = adminOf({ adminFile }),
): Promise<Pick<Answer, 'status' | 'json'>> {
  const { hostname, port } = new URL(url)
  const path = `/v1/clusters/${cluster}/uploads/${sha256}?offset=${offset}&size=${size}`
  const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes.length }
  return new Promise((resolve, reject) => {
    const out = request({ hostname, port, path, method: 'POST', agent: false, ...as, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) }))
    })
    out.on('error', reject)
    out.end(bytes)
  })
}

/** Uploads an archive in two parts, and adds its images. */
export async function addArchive(
  controller: Pick<Controller, 'url' | 'adminFile'>,
  cluster: string,
  archive: Buffer,
  more: object = {},
): Promise<Answer> {
  const sha256 = createHash('sha256').update(archive).digest('hex')
  const half = Math.ceil(archive.length / 2)
  for (const offset of [0, half]) {
    const bytes = archive.subarray(offset, offset + half)
    const { status, json } = await sendPart(controller, cluster, { sha256, offset, size: archive.length, bytes })
    if (status !== 200) throw new Error(JSON.stringify(json))
  }
  return call(controller.url, adminOf(controller), 'POST', `/v1/clusters/${cluster}/images`, {
    upload: sha256,
    ...more,
  })
}
