import type { User } from "../protocol/types.js";

/** A copy of a user's `id` and `name`, which all parts go by: the application may change its own object. */
export class Identity implements User {
  readonly id: string;
  readonly name: string;

  constructor({ id, name }: User) {
    this.id = id;
    this.name = name;
  }
}

/** That of a connection without a user: whoever comes back is somebody else. */
export class GuestIdentity extends Identity {}
