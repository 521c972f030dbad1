/** The pages: built files, and one document for all addresses. */
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * @param folder with index.html, and assets/ whose names change with their content
 * @returns whether a request that no route takes is for the document
 */
export async function servePage(app: FastifyInstance, folder: string): Promise<(request: FastifyRequest) => boolean> {
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    setHeaders(reply, path) {
      const forever = path.includes('/assets/');
      reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return ({ method, url }) => method === 'GET' && !url.startsWith('/api/') && !url.startsWith('/assets/');
}
