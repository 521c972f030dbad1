/** The home: the folder that holds everything kept between runs. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeFolders, nearest } from '@saltworks/store/objects/room';

/**
 * Creates the home if missing, readable by its owner only.
 *
 * @throws InvalidInputError with the reason if it cannot be created
 */
export async function makeHome(home: string): Promise<void> {
  try {
    await makeFolders(home, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { path, isFolder } = await nearest(home);
    const reason = isFolder ? `no folder can be made in ${path} (${code})` : `${path} is not a folder`;
    throw new InvalidInputError(`SALTWORKS_HOME=${home}: ${reason}; expected a folder, or a place for one`);
  }
}
