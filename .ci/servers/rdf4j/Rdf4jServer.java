import org.apache.catalina.startup.Tomcat;

/** Serves the RDF4J Server web application from Tomcat, on loopback only: PORT, a folder for Tomcat, the unpacked war. */
public class Rdf4jServer {
    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[1]);
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.addWebapp("/rdf4j-server", arguments[2]);
        tomcat.start();
        tomcat.getServer().await();
    }
}
