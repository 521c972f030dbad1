/** How every connection to Temporal is opened: in plain text to the embedded one, as the settings say to any other. */
import type { TemporalAccess } from '../settings.ts';

export interface TemporalConnection {
  address: string;
  apiKey?: string;
  tls?: { serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } };
}

/** Options of `Connection.connect` and of `NativeConnection.connect`. @param address host:port */
export function temporalConnection(address: string, { tls, apiKey }: TemporalAccess = {}): TemporalConnection {
  if (!tls) return { address };
  const { ca, cert, key } = tls;
  return {
    address,
    apiKey,
    tls: {
      serverRootCACertificate: ca === undefined ? undefined : Buffer.from(ca),
      clientCertPair:
        cert === undefined || key === undefined ? undefined : { crt: Buffer.from(cert), key: Buffer.from(key) },
    },
  };
}
