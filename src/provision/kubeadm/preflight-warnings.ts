/** The warnings of kubeadm's preflight checks, except the one about the kubelet's unit, which a later step enables. */
export function preflightWarnings(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.filter((line) => line.includes('[WARNING') && !/\[WARNING Service-Kubelet\]/i.test(line))
}
