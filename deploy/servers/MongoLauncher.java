import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** Binds the MongoDB-wire server to loopback at a port of our choice; its own main class knows only port 27017. */
public final class MongoLauncher {
    private MongoLauncher() {}

    public static void main(String[] arguments) {
        // The server's threads keep the process up; SIGTERM ends it, and there is nothing on disk to close.
        new MongoServer(new MemoryBackend()).bind("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
