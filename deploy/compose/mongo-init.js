// A replica set of one, and a user for each service that may use its own database and no other.
// Run by mongosh as the administrator; doing it again changes nothing.
const fs = require("fs");
try {
  rs.status();
} catch (error) {
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!db.hello().isWritablePrimary) {
  sleep(200);
}
for (const service of ["intake", "verification", "scoring", "publishing"]) {
  const database = db.getSiblingDB(`xephang_${service}`);
  const password = fs.readFileSync(`/secrets/mongo-${service}.password`, "utf8").trim();
  const roles = [{ role: "readWrite", db: `xephang_${service}` }];
  if (database.getUser(service) === null) {
    database.createUser({ user: service, pwd: password, roles });
  } else {
    database.updateUser(service, { pwd: password, roles });
  }
}
