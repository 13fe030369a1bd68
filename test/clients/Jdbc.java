import java.nio.file.*;
import java.sql.*;
import java.util.*;

/**
 * Read each object as a program with Debian's JDBC driver does, strings bound as varchar.
 *
 * usage: java -cp postgresql.jar Jdbc.java URL FILE. A line of FILE: name, SQL, and the parameters, by tabs.
 * Prints name and number of rows, or name and what broke.
 */
public class Jdbc {
	static boolean plain(Object value) throws SQLException {
		if (value instanceof org.postgresql.util.PGobject)
			return ((org.postgresql.util.PGobject) value).getType().startsWith("json");
		if (value instanceof java.sql.Array)
			return ((java.sql.Array) value).getArray() != null;
		return value == null || value instanceof String || value instanceof Number || value instanceof Boolean
			|| value instanceof Timestamp || value instanceof byte[];
	}

	static int read(Connection db, String[] field) throws SQLException {
		try (PreparedStatement statement = db.prepareStatement(field[1])) {
			for (int i = 2; i < field.length; i++)
				statement.setString(i - 1, field[i]);
			int rows = 0;
			if (!statement.execute())
				return 0;
			ResultSet result = statement.getResultSet();
			for (; result.next(); rows++)
				for (int i = 1; i <= result.getMetaData().getColumnCount(); i++)
					if (!plain(result.getObject(i)))
						throw new SQLException(result.getMetaData().getColumnName(i) + " is " + result.getObject(i).getClass());
			return rows;
		}
	}

	public static void main(String[] args) throws Exception {
		try (Connection db = DriverManager.getConnection(args[0])) {
			for (String line : Files.readAllLines(Path.of(args[1]))) {
				String[] field = line.split("\t");
				try {
					System.out.println(field[0] + "\t" + read(db, field));
				} catch (SQLException error) {
					System.out.println(field[0] + "\t" + error.getMessage().replaceAll("\\s+", " "));
				}
			}
		}
	}
}
