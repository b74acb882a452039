export type Arch = 'x64' | 'arm64'

/** The names of an architecture in Go, OCI, Debian and ELF. */
export const ARCH = {
  x64: { go: 'amd64', oci: 'amd64', triplet: 'x86_64-linux-gnu', debian: 'amd64', elfMachine: 62 },
  arm64: { go: 'arm64', oci: 'arm64', triplet: 'aarch64-linux-gnu', debian: 'arm64', elfMachine: 183 },
} as const satisfies Record<Arch, object>

export const ARCHS: readonly Arch[] = ['x64', 'arm64']
