/** The DNS server of a test bed, as a process in its network: `dns-server.ts HOSTS-FILE ADDRESS`. */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { answer } from './dns-message.ts'

const [hostsFile = '', address = ''] = process.argv.slice(2)

/** Reads the file for each query, because nodes are added and removed, and the file is short. */
function addresses(): Map<string, string> {
  const byName = new Map<string, string>()
  for (const line of readFileSync(hostsFile, 'utf8').split('\n')) {
    const [ip = '', ...names] = line.split(' ')
    for (const name of names) byName.set(name, ip)
  }
  return byName
}

const socket = createSocket('udp4')
socket.on('message', (query, from) => {
  const response = answer(query, addresses())
  if (response) socket.send(response, from.port, from.address)
})
socket.bind(53, address)
