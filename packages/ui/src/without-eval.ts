/**
 * Keeps zod from compiling its schemas: the page's content-security policy forbids eval. Imported before every other module,
 * since zod decides when a schema is made.
 */
import { config } from '@saltworks/contract/zod';

config({ jitless: true });
