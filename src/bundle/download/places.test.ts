import { expect, test } from 'vitest'
import { placesOf } from './places.ts'

const FILE = 'dl.k8s.io/release/v1.36.2/bin/linux/amd64/kubelet'
const IMAGE = 'registry.k8s.io/coredns/coredns:v1.14.2'

test("the projects' own servers", () => {
  const places = placesOf({})
  expect(places.file(FILE)).toBe(`https://${FILE}`)
  expect(places.repository(IMAGE)).toBe('https://registry.k8s.io/v2/coredns/coredns')
})

test.each(['http://mirror.example:8080/files', 'http://mirror.example:8080/files/'])(
  'mirrors have the names of hosts and registries in their paths: %s',
  (url) => {
    const places = placesOf({ base: url, registry: url })
    expect(places.file(FILE)).toBe(`http://mirror.example:8080/files/${FILE}`)
    expect(places.repository(IMAGE)).toBe('http://mirror.example:8080/v2/files/registry.k8s.io/coredns/coredns')
  },
)

test('a mirror at the root of its host', () => {
  const places = placesOf({ base: 'http://mirror.example', registry: 'https://mirror.example:5000' })
  expect(places.file(FILE)).toBe(`http://mirror.example/${FILE}`)
  expect(places.repository(IMAGE)).toBe('https://mirror.example:5000/v2/registry.k8s.io/coredns/coredns')
})
